"""Chatlayer by Sinch in the sandbox: events, definitions, subscriptions, series, flows, intents."""
