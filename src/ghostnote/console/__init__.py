"""What people look at: charts, pages and the report."""
