"""Customers that a firm keeps elsewhere: asked while they call, waited for only so long, believed only about them."""
