"""The part of the router's table that is about customers, and who may use it.

Everybody who signs in finds and keeps records, sees what happened, and joins duplicates (which can be undone). Files in
and out are for those who answer for the data: supervisors and administrators; all about one person, and erasure, for
administrators alone.
"""

from __future__ import annotations

from agent_desktop.web import customers, exports, imports, person, timeline
from agent_desktop.web.permissions import (
    CUSTOMER_FILES,
    CUSTOMER_PRIVACY,
    CUSTOMER_RECORDS,
    Endpoint,
    Permission,
    RequestHandler,
)

ID = "[A-Za-z0-9_-]{1,64}"
CUSTOMER = f"/api/v1/customers/{{customer:{ID}}}"
INTERACTION = f"/api/v1/interactions/{{interaction:{ID}}}"
FILE = f"/api/v1/imports/files/{{file:{ID}}}"
IMPORT = f"/api/v1/imports/{{import:{ID}}}"
EXPORT = f"/api/v1/exports/{{export:{ID}}}"


def _of(permission: Permission, *lines: tuple[str, str, RequestHandler]) -> tuple[Endpoint, ...]:
    return tuple(
        Endpoint(method=method, path=path, handler=handler, permission=permission) for method, path, handler in lines
    )


CUSTOMER_ROUTES: tuple[Endpoint, ...] = (
    *_of(
        CUSTOMER_RECORDS,
        ("GET", "/api/v1/customers", customers.find),
        ("POST", "/api/v1/customers", customers.create),
        ("GET", "/api/v1/customers/plan", customers.plan),
        ("GET", CUSTOMER, customers.page),
        ("PATCH", CUSTOMER, customers.edit),
        ("GET", f"{CUSTOMER}/changes", customers.changes),
        ("POST", f"{CUSTOMER}/relations", customers.relate),
        ("DELETE", f"/api/v1/relations/{{relation:{ID}}}", customers.unrelate),
        ("GET", f"{CUSTOMER}/duplicates", customers.duplicates),
        ("POST", f"{CUSTOMER}/apart", customers.keep_apart),
        ("GET", f"{CUSTOMER}/merge_preview", customers.merge_preview),
        ("POST", f"{CUSTOMER}/merges", customers.merge),
        ("DELETE", f"/api/v1/merges/{{merge:{ID}}}", customers.un_merge),
        ("GET", "/api/v1/duplicates", customers.all_duplicates),
        # what happened
        ("GET", f"{CUSTOMER}/timeline", timeline.of_customer),
        ("GET", "/api/v1/interactions", timeline.search),
        ("GET", INTERACTION, timeline.interaction),
        ("POST", f"{INTERACTION}/notes", timeline.annotate),
        ("PUT", f"{INTERACTION}/customer", timeline.assign),
        ("GET", f"{CUSTOMER}/dealings", timeline.dealings),
        ("PUT", f"/api/v1/dealings/{{dealing:{ID}}}/state", timeline.settle),
    ),
    *_of(
        CUSTOMER_FILES,
        ("POST", "/api/v1/imports/files", imports.send_file),
        ("DELETE", FILE, imports.discard_file),
        ("POST", f"{FILE}/preview", imports.preview),
        ("GET", "/api/v1/imports", imports.list_imports),
        ("POST", "/api/v1/imports", imports.start),
        ("GET", IMPORT, imports.status),
        ("POST", f"{IMPORT}/cancel", imports.cancel),
        ("POST", f"{IMPORT}/undo", imports.undo),
        ("GET", f"{IMPORT}/refused", imports.refused),
        ("GET", f"{IMPORT}/refused.csv", imports.report),
        ("GET", "/api/v1/exports", exports.list_exports),
        ("POST", "/api/v1/exports", exports.start),
        ("GET", f"{EXPORT}/file", exports.download),
        ("DELETE", EXPORT, exports.remove),
    ),
    *_of(
        CUSTOMER_PRIVACY,
        ("GET", f"{CUSTOMER}/person", person.export),
        ("PUT", f"{CUSTOMER}/hold", person.hold),
        ("DELETE", f"{CUSTOMER}/hold", person.lift),
        ("POST", f"{CUSTOMER}/erasure", person.erase),
    ),
)
