"""A report while it is being read: the blocks found so far, which cover the text from its beginning without a gap."""

from harness.records.report import AnyBlock, Remark, Report

_SHOWN = 120


class Draft:
    """The text of a report, and how far it has been read (`at`)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._blocks: list[AnyBlock] = []
        self._remarks: list[Remark] = []
        self._line, self._counted = 1, 0
        self._known = 0  # remarks of earlier blocks

    def take(self, block: AnyBlock, end: int) -> None:
        """Let `block` stand for the text from `at` to `end`; it keeps that text where its fields do not say it."""
        if end > self.at:
            text = self.text[self.at : end]
            raw = None if block.written() == text else text
            if raw is not None and len(self._remarks) == self._known:
                self.remark(self.at, "not written as ggml-ci writes it")
            self._blocks.append(block.replace(line=self._line_at(self.at), raw=raw))
        self._known = len(self._remarks)
        self.at = end

    def remark(self, offset: int, what: str, *, cut: bool = False) -> None:
        """Note that something at `offset` is not as it should be."""
        end = self.text.find("\n", offset)
        text = self.text[offset : end if end >= 0 else None][:_SHOWN]
        self._remarks.append(Remark(line=self._line_at(offset), what=what, text=text, cut=cut))

    def finish(self, *, crlf: bool) -> Report:
        """Return the report that was read."""
        remarks = sorted(self._remarks, key=lambda remark: remark.line)
        return Report(blocks=tuple(self._blocks), remarks=tuple(remarks), crlf=crlf)

    def _line_at(self, offset: int) -> int:
        """Return the number of the line of `offset`, counting on from the last one asked for."""
        if offset >= self._counted:
            self._line += self.text.count("\n", self._counted, offset)
        else:
            self._line -= self.text.count("\n", offset, self._counted)
        self._counted = offset
        return self._line
