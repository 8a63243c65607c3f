"""The memory: takes by key, bytes by their digest, and one ledger per episode."""

from charforge.store.blobs import Blobs
from charforge.store.keys import key
from charforge.store.ledger import Circled, Ledger, episodes
from charforge.store.locks import locked
from charforge.store.takes import Damage, Store, Swept

__all__ = ["Blobs", "Circled", "Damage", "Ledger", "Store", "Swept", "episodes", "key", "locked"]
