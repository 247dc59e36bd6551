"""What all tables of the policy share, as people write them: no unknown key, no silent conversion. Cold: pydantic."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Table(BaseModel):
    """A table whose keys are all known and of their type."""

    model_config = ConfigDict(extra="forbid", strict=True)
