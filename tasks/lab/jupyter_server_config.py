"""JupyterLab as `deno task lab` opens it: the kit's kernel alone, and saving without noise.

JupyterLab changes more of a notebook than its reader does: it adds a PNG beside each
figure that it draws, drops the static images of figures that are run anew, and takes the
kernel's own metadata. `keep_stored` puts back what the stored file has of these, so that
saving an unchanged notebook gives the same bytes.
"""

import json
import os

PLOTLY = "application/vnd.plotly.v1+json"
SVG = "image/svg+xml"


def keep_stored(model, path, contents_manager, **_):
    """Lets a notebook that is about to be saved keep metadata and images of the stored one."""
    if model.get("type") != "notebook":
        return
    try:
        with open(contents_manager._get_os_path(path), encoding="utf-8") as file:
            stored = json.load(file)
    except (OSError, ValueError):
        stored = {}
    restore(model["content"], stored)


def restore(notebook, stored):
    """Changes the notebook in place; equal figures keep the image that was stored."""
    if "metadata" in stored:
        notebook["metadata"] = stored["metadata"]
    cells = {cell.get("id"): cell for cell in stored.get("cells", [])}
    for cell in notebook.get("cells", []):
        before = cells.get(cell.get("id"), {})
        for key in ("execution", "trusted"):
            cell.get("metadata", {}).pop(key, None)
        images = {
            json.dumps(output["data"][PLOTLY], sort_keys=True): output["data"][SVG]
            for output in before.get("outputs", [])
            if PLOTLY in output.get("data", {}) and SVG in output["data"]
        }
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PLOTLY not in data:
                continue
            data.pop("image/png", None)
            figure = json.dumps(data[PLOTLY], sort_keys=True)
            if SVG not in data and figure in images:
                data[SVG] = images[figure]


if "get_config" in globals():
    c = get_config()  # noqa: F821 -- given by Jupyter, which runs this file
    c.ContentsManager.pre_save_hook = keep_stored
    c.KernelSpecManager.allowed_kernelspecs = {"deno"}
    c.KernelSpecManager.ensure_native_kernel = False
    c.LabApp.news_url = None
    c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
