"""openapi.yaml: valid, served as it is, and about every route the server has. And what every reply has in common."""

import json
import pathlib

import yaml
from openapi_spec_validator import validate

from support import Server, digits, png_bytes, require, require_error

OPENAPI = pathlib.Path(__file__).resolve().parents[2] / "openapi.yaml"
METHODS = {"get", "head", "post", "put", "delete", "options", "patch", "trace"}
OPERATIONS = {"encode": ["post"], "decode": ["post"], "sample": ["get", "post"], "interpolate": ["get", "post"],
              "reconstruct": ["post"], "score": ["post"], "traverse": ["get", "post"], "grid": ["get", "post"],
              "arithmetic": ["post"], "attributes": ["post"], "edit": ["post"], "distance": ["post"], "recommend": ["post"],
              "remote": ["post"]}


def expected_routes():
    """Path template → methods; HEAD goes with GET and needs no entry of its own."""
    routes = {"/v1/models": ["get"], "/v1/models/{model}": ["get"], "/livez": ["get"], "/readyz": ["get"],
              "/healthz": ["get"], "/health": ["get"], "/ping": ["get"], "/metrics": ["get"], "/openapi.yaml": ["get"],
              "/": ["get"], "/docs": ["get"]}
    routes.update(open_inference_routes())
    for operation in ("load", "unload"):
        routes[f"/v1/models/{{model}}/{operation}"] = ["post"]
    for operation, methods in OPERATIONS.items():
        routes[f"/v1/{operation}"] = routes[f"/v1/models/{{model}}/{operation}"] = methods
    return routes


def open_inference_routes():
    routes = {path: ["get"] for path in (
        "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models", "/v2/models/stats")}
    for model in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
        routes.update({model + path: ["get"] for path in ("", "/ready", "/config", "/stats")})
        routes[model + "/infer"] = ["post"]
    routes["/v2/repository/index"] = ["post"]
    for operation in ("load", "unload"):
        routes[f"/v2/repository/models/{{model}}/{operation}"] = ["post"]
    return routes


def resolved(document, item):
    """What a `$ref` points to, or the item itself."""
    while "$ref" in item:
        found = document
        for word in item["$ref"].removeprefix("#/").split("/"):
            found = found[word]
        item = found
    return item


def examples(document, picture):
    """The trips through the VAE as the document shows them: (operation, method, path, body, its type).

    Where a body has no example in JSON, it is a picture.
    """
    for template, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation.get("tags") != ["vae"] or not template.startswith("/v1/"):
                continue
            path, query = template, []
            for parameter in (resolved(document, item) for item in operation["parameters"]):
                if "example" not in parameter:
                    continue
                if parameter["in"] == "path":
                    path = path.replace("{" + parameter["name"] + "}", parameter["example"])
                elif parameter["in"] == "query":
                    query.append(f"{parameter['name']}={parameter['example']}")
            target = (operation["operationId"], method, path + "?" + "&".join(query))
            if method == "get":
                yield *target, None, None
                continue
            content = resolved(document, operation["requestBody"])["content"]
            example = content.get("application/json", {}).get("example")
            if example is not None:
                yield *target, json.dumps(example).encode(), "application/json"
            elif "image/png" in content:  # else it is a protocol with a topic of its own
                yield *target, picture, "image/png"


def run(suite, models):
    with suite.case("openapi.yaml is valid"):
        document = yaml.safe_load(OPENAPI.read_text())
        validate(document)
        require(document["openapi"].startswith("3.1"), f"version {document['openapi']}")
    with Server(models) as server:
        listing = json.loads(server.get("/v1/models"))
        card = next(card for card in listing["models"] if card["name"] == listing["default"])
        with suite.case("openapi.yaml is served byte for byte"):
            status, headers, body = server.request("GET", "/openapi.yaml")
            require(status == 200 and "yaml" in headers["Content-Type"], f"{status} {headers['Content-Type']}")
            require(body == OPENAPI.read_bytes(), "other bytes than the file's")

        paths = yaml.safe_load(OPENAPI.read_text())["paths"]
        for template, methods in expected_routes().items():
            with suite.case(f"{template} is described with {', '.join(methods)}"):
                require(template in paths, "it is missing")
                described = sorted(set(paths[template]) & METHODS - {"head"})
                require(described == sorted(methods), f"described are {described}")
            with suite.case(f"{template} is served with {', '.join(methods)} and no other method"):
                path = template.replace("{model}", card["name"]).replace("{version}", card["content_hash"])
                for method in sorted(METHODS - {"trace"}):
                    status, headers, _ = server.request(method.upper(), path)
                    allowed = method in methods or (method == "head" and "get" in methods)
                    require((status != 405) == allowed and status != 404, f"{method}: {status}")
                    if not allowed:
                        listed = {name.strip().lower() for name in headers["Allow"].split(",")}
                        require(listed - {"head"} == set(methods), f"Allow: {headers['Allow']}")
        with suite.case("nothing is described that is not served"):
            require(set(paths) == set(expected_routes()), f"{set(paths) ^ set(expected_routes())}")

        for operation, method, path, body, kind in examples(document, png_bytes(digits(1, *card["input"][1:])[0])):
            if operation.startswith("recommend"):
                continue  # of another kind of model; the topic latent_space has one
            with suite.case(f"{operation}: the example is answered"):
                status, headers, reply = server.request(method.upper(), path, body, kind)
                require(status == 200, f"{status} {reply[:300]}")
                described = resolved(document, paths[path.split("?")[0].replace(f"/{card['name']}/", "/{model}/")][
                    method]["responses"]["200"])["content"]
                require(headers["Content-Type"] in described, f"{headers['Content-Type']} is not described")
                if headers["Content-Type"] == "application/json":
                    require(json.loads(reply)["model"] == card["name"], "the reply names another model")

        every = ["/v1/models", "/v1/sample?n=2&seed=1", "/v1/sample?seed=1&format=png", "/livez", "/readyz",
                 "/healthz", "/openapi.yaml", "/", "/docs", "/v1/interpolate?from_seed=1&to_seed=2"]
        for path in every:
            with suite.case(f"HEAD {path}: the headers of GET and no body"):
                status, headers, body = server.request("HEAD", path)
                _, of_get, full = server.request("GET", path)
                require(status == 200 and body == b"", f"{status}, {len(body)} bytes")
                require(int(headers["Content-Length"]) == len(full), "another Content-Length")
                require(headers["Content-Type"] == of_get["Content-Type"], "another Content-Type")
        with suite.case("every reply has a request id, the client's if it is a sound one"):
            for path in [*every, "/metrics", "/nothing", "/v1/sample?n=0"]:
                require(server.request("GET", path)[1]["X-Request-Id"], path)
                mine = server.request("GET", path, X_Request_Id="trace-me.7")[1]["X-Request-Id"]
                require(mine == "trace-me.7", f"{path}: {mine}")
            broken = server.request("GET", "/nothing", X_Request_Id="a b")
            require(broken[1]["X-Request-Id"] != "a b", "an id with a blank was taken")
            require_error(broken, 404, "unknown_route")
        with suite.case("If-None-Match: 304 without a body, and only for the same request"):
            for path in ("/v1/sample?n=2&seed=1", "/v1/interpolate?from_seed=1&to_seed=2"):
                _, headers, _ = server.request("GET", path)
                tag = headers["ETag"]
                require(tag.startswith('"') and "no-cache" in headers["Cache-Control"], f"{tag}")
                for value in (tag, f"W/{tag}", f'"other", {tag}', "*"):
                    status, again, body = server.request("GET", path, If_None_Match=value)
                    require(status == 304 and body == b"" and again["ETag"] == tag, f"{value}: {status}")
                require(server.request("GET", path, If_None_Match='"other"')[0] == 200, "another tag gave 304")
                require(server.request("GET", path + "&format=png")[1]["ETag"] != tag, "PNG has the tag of JSON")
            one, two = (server.request("GET", f"/v1/sample?n=2&seed={seed}")[1]["ETag"] for seed in (1, 2))
            require(one != two, "two seeds, one tag")
            headers = server.request("GET", "/v1/sample?n=2")[1]
            require(not headers["ETag"] and headers["Cache-Control"] == "no-store", "a random reply may be cached")
        with suite.case("a cache is told that Accept chooses the format"):
            for path in ("/v1/sample?n=2&seed=1", "/v1/interpolate?from_seed=1&to_seed=2"):
                for accept in ("application/json", "image/png"):
                    status, headers, _ = server.request("GET", path, Accept=accept)
                    require(status == 200 and headers["Content-Type"] == accept, f"{headers['Content-Type']}")
                    require("accept" in (headers["Vary"] or "").lower(), f"{path}: Vary is {headers['Vary']}")
        with suite.case("metrics count what was asked"):
            before = metric(server, "vae_rows_total", 'stage="encode"')
            image = png_bytes(digits(1, *card["input"][1:])[0])
            for _ in range(3):
                server.post("/v1/encode", image, "image/png")
            require(metric(server, "vae_rows_total", 'stage="encode"') == before + 3, "rows encoded")
            route = 'http_route="/v1/models/{model}/encode",http_response_status_code="200"'
            require(metric(server, "http_server_request_duration_seconds_count", route) >= 3, "requests")
            require(metric(server, "process_resident_memory_bytes") > 1e6, "memory")
            names = {line.split("{")[0].split(" ")[0] for line in lines(server)}
            helped = {line.split()[2] for line in server.get("/metrics").decode().splitlines() if "# HELP" in line}
            for name in names:
                base = name
                for suffix in ("_bucket", "_sum", "_count"):
                    base = name[:-len(suffix)] if name.endswith(suffix) and name[:-len(suffix)] in helped else base
                require(base in helped, f"{name} has no HELP line")


def lines(server):
    return [line for line in server.get("/metrics").decode().splitlines() if not line.startswith("#")]


def metric(server, name, labels=""):
    for line in lines(server):
        if line.startswith(name) and labels in line:
            return float(line.rsplit(" ", 1)[1])
    return 0
