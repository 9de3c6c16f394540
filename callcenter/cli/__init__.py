"""The commands of `callcenter`: thin, one file each."""
