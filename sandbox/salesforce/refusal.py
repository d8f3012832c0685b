"""A request that Salesforce refuses: the status and the array of errors that it answers."""

from sandbox.exchange import Reply


class Refusal(Exception):
    """One refused request. Top-level errors call their code `errorCode`; rows of collections call it `statusCode`."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def reply(self) -> Reply:
        error: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            error["fields"] = list(self.fields)
        return Reply.json([error], status=self.status)


def not_found() -> Refusal:
    """What any path answers that leads nowhere; recorded by CumulusCI (`test_errors`)."""
    return Refusal(404, "NOT_FOUND", "The requested resource does not exist")


def wrong_method(method: str, *allowed: str) -> Refusal:
    """A path that exists, asked in a way that it does not know."""
    return Refusal(
        405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {','.join(sorted(allowed))}"
    )
