"""A voice-guided exercise coach that runs entirely offline."""
