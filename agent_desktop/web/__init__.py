"""The web server of the desktops: sign-in, REST, the desktops' WebSocket and the softphones' SIP proxy."""
