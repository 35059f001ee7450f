# Shared by the measuring scripts: sourced, not run. Needs `seconds` and `work` (a scratch directory).

# The inputs are samples of the server at URL: a 28×28 PNG, and the same digit as JSON.
make_inputs() { # make_inputs URL
    curl -fs "$1/v1/sample?n=1&seed=7&format=png" -o "$work/digit.png"
    curl -fs "$1/v1/sample?n=1&seed=7" | sed 's/.*"images":/{"images":/' >"$work/digit.json"
}

wrk_summary() { # wrk_summary CONNECTIONS WRK-ARGUMENTS…: requests per second, p50, p99, failed requests
    local count=$1
    shift
    wrk -t1 -c"$count" -d"${seconds}s" --latency "$@" | awk '
        /^ +50%/ { p50 = $2 } /^ +99%/ { p99 = $2 } /^Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $NF }
        END { print rate, p50, p99, bad + 0 }'
}

measure() { # measure OPERATION URL CONNECTIONS
    local post=Benchmarks/serving/post.lua
    case $1 in
        json-encode) BODY=$work/digit.json TYPE=application/json wrk_summary "$3" -s $post "$2/v1/encode" ;;
        png-encode) BODY=$work/digit.png TYPE=image/png wrk_summary "$3" -s $post "$2/v1/encode" ;;
        json-sample) wrk_summary "$3" "$2/v1/sample?n=1" ;;
        png-grid) wrk_summary "$3" "$2/v1/sample?n=64&format=png" ;;
    esac
}

operations="json-encode png-encode json-sample png-grid"
machine() { printf '%s, %s processors, %s\n' "$(sed -n 's/model name.*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -sr)"; }
