"""What people see: web server, live views, softphone proxy."""
