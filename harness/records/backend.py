"""What computes: devices, and what a log claims about a backend and takes back."""

from harness.records.record import Record


class Device(Record):
    """One device as a log describes it; empty or 0 is what the log does not say.

    `backend` is ggml's name (`CUDA0`, `Vulkan0`, `BLAS`), `driver` its driver (for a library its file),
    `architecture` a compute capability, or the kernels that a library chose. `software` marks a GPU that is emulated
    on the CPU.
    """

    backend: str
    name: str
    driver: str = ""
    architecture: str = ""
    memory_bytes: int = 0
    software: bool = False

    def __str__(self) -> str:
        facts = [self.architecture, f"{self.memory_bytes / 2**20:.0f} MiB" if self.memory_bytes else "", self.driver]
        text = ", ".join([self.name, *(fact for fact in facts if fact)])
        return f"{self.backend}: {text}{' (software: this is the CPU)' if self.software else ''}"


class BackendClaim(Record):
    """A backend or encoder that a log names (`CUDA0`, `BLAS`, `CoreML`), and the line that names it.

    `contradiction` is the line that refutes the claim, or says that a line is missing; it is empty if the claim holds.
    """

    subject: str
    line: str
    contradiction: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing in the log contradicts the claim."""
        return not self.contradiction
