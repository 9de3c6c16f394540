"""What others may know of the CTI server: messages, and the protocols of those who carry them."""
