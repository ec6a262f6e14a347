"""What is told by mail: plain text, by SMTP, over TLS where the jobs file says so, and never without by itself."""

from __future__ import annotations

import smtplib
import socket
import ssl
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final

from pipeline.nightly.channels import PORTS, Attempt, Mail, Ways

NAME: Final = "leadbyte-import"
# Text that is not ASCII goes in code: not every server on the way takes eight bits.
_CODED: Final = policy.SMTP.clone(cte_type="7bit")


def to_mail(mail: Mail, subject: str, text: str, ways: Ways) -> Attempt:
    """Send one mail to everybody in `to`. `subject` has no line break: the message would refuse it."""
    try:
        with _connected(mail, ways) as server:
            if mail.user:
                server.login(mail.user, mail.password.get_secret_value() if mail.password else "")
            refused = server.send_message(_message(mail, subject, text, ways.now()))
    except (smtplib.SMTPException, OSError) as error:
        return _failed(error)
    if refused:
        return Attempt(f"the server refused {len(refused)} of {len(mail.to)} addresses ({_codes(refused)})")
    return Attempt()


def _connected(mail: Mail, ways: Ways) -> smtplib.SMTP:
    # The system's own certificates: a company's mail server often has one that only the company's machines know.
    context = ssl.create_default_context()
    if isinstance(ways.certificates, str):
        context.load_verify_locations(ways.certificates)
    port = mail.port or PORTS[mail.security]
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, port, timeout=ways.timeout, context=context)
    server = smtplib.SMTP(mail.host, port, timeout=ways.timeout)
    if mail.security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _message(mail: Mail, subject: str, text: str, now: datetime) -> EmailMessage:
    sender = Address(NAME, addr_spec=mail.sender)
    # A subject that just fits into a line would be folded behind its colon, which shows as a space before it. What is
    # not ASCII is folded as it must be: words in code have 75 signs at most (RFC 2047).
    message = EmailMessage(policy=_CODED.clone(max_line_length=998) if subject.isascii() else _CODED)
    message["From"] = sender
    message["To"] = [Address(addr_spec=one) for one in mail.to]
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    # RFC 3834: nobody's out-of-office note answers this.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _failed(error: Exception) -> Attempt:
    """What went wrong, without the server's own words: they may repeat an address."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return Attempt(f"the server refused user and password ({error.smtp_code})", _is_passing(error.smtp_code))
        case smtplib.SMTPNotSupportedError():  # the words are the standard library's
            return Attempt(f"the server cannot do what is needed: {str(error).rstrip('.')}")
        case smtplib.SMTPSenderRefused():
            return Attempt(f"the server refused the sender ({error.smtp_code})", _is_passing(error.smtp_code))
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _ in error.recipients.values()]
            why = f"the server refused everybody in `to` ({_codes(error.recipients)})"
            return Attempt(why, all(map(_is_passing, codes)))
        case smtplib.SMTPResponseException():
            return Attempt(f"the server answered {error.smtp_code}", _is_passing(error.smtp_code))
        case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, TimeoutError):
            return Attempt("no answer came in time", again=True)
        case smtplib.SMTPServerDisconnected():
            return Attempt("the server closed the connection", again=True)
        case ssl.SSLCertVerificationError():
            return Attempt(f"the server's certificate does not verify: {error.verify_message.rstrip('.')}")
        case ssl.SSLError():
            return Attempt("the secure connection failed (TLS): is the port right for `security`?")
        case TimeoutError():
            return Attempt("no answer came in time", again=True)
        case socket.gaierror():
            return Attempt("there is no such host", again=True)
        case OSError():
            return Attempt(f"the connection failed: {error.strerror or type(error).__name__}", again=True)
    return Attempt(type(error).__name__)


def _is_passing(code: int) -> bool:
    """A 4xx answer of SMTP's: not now (RFC 5321, 4.2.1)."""
    return 400 <= code < 500


def _codes(refused: dict[str, tuple[int, bytes]]) -> str:
    return ", ".join(sorted({str(code) for code, _ in refused.values()}))
