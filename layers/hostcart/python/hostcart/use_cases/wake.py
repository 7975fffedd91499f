"""Wake the execution of a cart: something has changed that its next look has to see."""

from dataclasses import dataclass

from hostcart.ports import CartStore, Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class WakePorts:
    carts: CartStore
    workflow: Workflow


def wake(account_id: str, cart_token: str, *, ports: WakePorts) -> None:
    """Marks the news and ends the wait, if there is one; repeatable, and a wait that ended is no error.

    Call it after what the look has to see is stored. Raises UnavailableError: then the mark may be there
    and the wait goes on, until the call is repeated or the wait ends by itself.
    """
    task_token = ports.carts.mark_news(account_id, cart_token)
    if task_token is not None:
        ports.workflow.wake(task_token)
