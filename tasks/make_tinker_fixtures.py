"""Messages as the official Tinker client writes them, for tests/engines/tinker_messages_test.ts.

    python3.13 -m venv /tmp/venv
    /tmp/venv/bin/pip install tinker==0.25.0
    /tmp/venv/bin/python tasks/make_tinker_fixtures.py tests/engines/tinker_messages.json

Each request stands beside the bytes of the client's own encoder, each answer beside
the values that the client's own decoder reads from its bytes (base64).
"""

import base64
import json
import sys

import numpy as np
from tinker import types
from tinker.proto import request_conv, response_conv
from tinker.proto import tinker_public_pb2 as pb

DATA = [
    {
        "tokens": [1, 2, 300, 151643],
        "inputs": {
            "target_tokens": [2, 300, 151643, 0],
            "weights": [0, 0, 1, 1],
            "logprobs": [0, 0, -0.25, -3.5],
            "advantages": [0, 0, 1.5, -2.75],
        },
    },
    {"tokens": [7], "inputs": {"target_tokens": [8], "weights": [1]}},
]


def request(seq_id, loss_fn, config, forward_only, data):
    message = request_conv.forward_backward_request_to_proto(
        types.ForwardBackwardRequest(
            model_id="model_1a2b",
            seq_id=seq_id,
            forward_backward_input=types.ForwardBackwardInput(
                data=[datum(**one) for one in data],
                loss_fn=loss_fn,
                loss_fn_config=config,
            ),
        )
    )
    message.forward_only = forward_only
    for one in message.data:  # The shape is optional; SkyRL does not read it.
        for tensor in one.loss_fn_inputs.values():
            del tensor.shape[:]
    return {
        "seq_id": seq_id, "loss_fn": loss_fn, "loss_fn_config": config,
        "forwardOnly": forward_only, "data": data,
        "bytes": encoded(message),
    }


def datum(tokens, inputs):
    def tensor(name, values):
        kind = "int64" if name == "target_tokens" else "float32"
        return types.TensorData(data=values, dtype=kind)

    return types.Datum(
        model_input=types.ModelInput.from_ints(tokens),
        loss_fn_inputs={name: tensor(name, values) for name, values in inputs.items()},
    )


def sample_answer():
    message = pb.SampleResponse()
    for reason, tokens, logprobs in [(0, [5, 151643], [-0.5, -1.25]), (1, [1], [-7])]:
        message.sequences.append(pb.SampledSequence(
            stop_reason=reason,
            tokens=np.array(tokens, np.int32).tobytes(),
            logprobs=np.array(logprobs, np.float32).tobytes(),
        ))
    read = response_conv.deserialize_sample_response(message.SerializeToString())
    values = [{"stop_reason": one.stop_reason, "tokens": list(one.tokens),
               "logprobs": list(one.logprobs)} for one in read.sequences]
    return {"operation": "asample", "sequences": values, "bytes": encoded(message)}


def pass_answer(rows, dtype):
    message = pb.ForwardBackwardOutput(loss_fn_output_type="x:Logprobs")
    message.metrics["skyrl.ai/grad_norm"] = 0.125
    record = message.loss_fn_outputs.add(num_datums=len(rows))
    flat = np.concatenate([np.array(row, np.float32) for row in rows])
    if dtype == pb.DTYPE_BFLOAT16:
        flat = (flat.view(np.uint32) >> 16).astype(np.uint16)
    ends = np.cumsum([0] + [len(row) for row in rows]) * flat.itemsize
    record.fields["logprobs"].CopyFrom(pb.BatchedTensor(
        data=flat.tobytes(), offsets=ends.astype(np.int64).tobytes(), dtype=dtype))
    read = response_conv.deserialize_forward_backward_output(message.SerializeToString())
    values = [list(map(float, one["logprobs"].tolist())) for one in read.loss_fn_outputs]
    return {"operation": "forward", "logprobs": values, "metrics": read.metrics,
            "bytes": encoded(message)}


def encoded(message):
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


clip = {"clip_low_threshold": 0.8, "clip_high_threshold": 1.28}
fixtures = {
    "requests": [
        request(3, "ppo", clip, False, DATA),
        request(200, "cross_entropy", None, True, DATA[1:]),
    ],
    "answers": [
        sample_answer(),
        pass_answer([[-0.5, -1.0, -2.25], [-4.0]], pb.DTYPE_FLOAT32),
        pass_answer([[-0.5, -1.0], [], [-2.0]], pb.DTYPE_BFLOAT16),
    ],
}
with open(sys.argv[1], "w") as file:
    json.dump(fixtures, file, indent=2)
    file.write("\n")
