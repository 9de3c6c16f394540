"""From a flow file's parts to a flow, a module a family of nodes."""
