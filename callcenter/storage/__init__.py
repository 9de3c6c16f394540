"""What outlives the process: the local journal, and the records in SQL. Rows stop here, frozen objects go on."""
