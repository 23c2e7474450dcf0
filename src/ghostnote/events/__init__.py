"""What happened: the event contract, lakes, validation and where events come from."""
