"""Who may pass, and why: plates, people, visitors, and what they carry. Core, but for the key files."""
