"""The registrar sandbox: the name.com v4 protocol with its quirks, an account kept in memory.

The protocol as it is: every answer has the type text/html, leaves out what is "", false, 0 or empty, and
writes money with float noise. 403 for wrong credentials and for a request that is not declared as JSON, 500
for no credit and for a wrong auth code, 429 without a word above the limit.

Content types: the documentation refuses a POST without `application/json`, yet pynamecom (through requests)
sends no type at all and was tested against the live service. So a request without any type is served
if its User-Agent begins with one of the setting `untyped_agents`, and refused otherwise.

What a name's first label begins with decides its fate (of an IDN, its Unicode form):

    taken-                somebody else's
    premium-              349.95 for a year, and only if the price is named
    aftermarket-          499.00, purchase type aftermarket_s
    slow-registration-    bought at once, the domain is there `late_seconds` later
    late-registration-    500; order and domain appear `late_seconds` later
    late-refusal-         bought at once, refused by the registry and refunded `late_seconds` later
    sniped-               looks free; buying it is 500, and from then on it is somebody else's
    no-credit-            500, nothing happened
    refused-contact-      400, the registry does not take the registrant
    unregistered-         cannot be transferred: nobody has it (400)
    locked-               cannot be transferred: it is locked (500)
    reject-transfer-      the losing registrar rejects the transfer
    fail-transfer-        the registry fails the transfer
    stuck-transfer-       the transfer never leaves its first phase

An auth code that begins with `wrong` is wrong. Nameservers that begin with `lame.` or `lame-` do not answer,
and .de refuses them. A transfer takes `transfer_seconds` of the sandbox's clock and can be cancelled in its
first half. Settings, clock and views: see views.py.
"""

from local.sandboxes.registrar.app import RegistrarSandbox

__all__ = ["RegistrarSandbox"]
