"""A Serve application with real vLLM engines, on the CPU, of a model with random weights: it answers nonsense.

Its clients say how many tokens to take and to make, and so know what vLLM has to count. Where its metrics go, the
container's environment says, which is Rayscope's to set.
"""

import uuid

from fastapi import FastAPI
from ray import serve  # type: ignore[import-not-found]  # it is in the image

MODEL = "/home/ray/model"
LONGEST = 2560

api = FastAPI()


# A replica to each pod: each has one slot.
@serve.deployment(
    num_replicas=2,
    max_ongoing_requests=100,
    health_check_timeout_s=120,
    ray_actor_options={"num_cpus": 0.1, "resources": {"slot": 1}},
)
@serve.ingress(api)
class Engine:
    def __init__(self) -> None:
        from vllm.engine.arg_utils import AsyncEngineArgs  # type: ignore[import-not-found]  # in the image, too
        from vllm.v1.engine.async_llm import AsyncLLM  # type: ignore[import-not-found]

        wanted = AsyncEngineArgs(
            model=MODEL,
            served_model_name="tiny",
            max_model_len=LONGEST,
            enforce_eager=True,
            disable_log_stats=False,
            distributed_executor_backend="mp",
        )
        self._engine = AsyncLLM.from_engine_args(wanted)

    @api.get("/generate")
    async def generate(self, prompt: int, tokens: int) -> dict[str, int]:
        """Take a prompt of so many tokens, and make so many."""
        from vllm import SamplingParams  # type: ignore[import-not-found]

        asked = {"prompt_token_ids": [3 + number % 200 for number in range(prompt)]}
        wanted = SamplingParams(max_tokens=tokens, ignore_eos=True, temperature=0.0)
        told = [each async for each in self._engine.generate(asked, wanted, request_id=uuid.uuid4().hex)]
        return {"prompt": len(told[-1].prompt_token_ids), "tokens": len(told[-1].outputs[0].token_ids)}


app = Engine.bind()  # type: ignore[attr-defined]  # the decorator gives it
