"""A small bank, the host system of the sample flow `bank.yaml`: an HTTP service with a database of its own.

Nobody's money is here. It is written as a firm's own system would be that is to be connected: a token for who may ask,
PINs hashed and trials counted, acts that are done once however often they come, receipts.
"""
