"""What will be executed, and why; pure."""
