from harness.records.fleet import JobArray, JobKey, PlannedJob
from harness.render.fleet_script import render_script


def _job(node: str, *words: str, name: str = "nightly") -> PlannedJob:
    key = JobKey(fleet="lab", round="2026-11-28", node_class="zen4", node=node, job=name)
    return PlannedJob(key=key, words=words, limit_s=60, why="")


def test_the_script_of_a_node_as_an_owner_reads_it() -> None:
    jobs = (_job("a", "harness", "nightly", "--model", "tiny"), _job("a", "harness", "run", "it's $HOME", name="run"))
    assert render_script(JobArray(node_class="zen4", node="a", jobs=jobs), "/srv/my inbox") == (
        """\
#!/bin/bash
# Fleet lab, round 2026-11-28, class zen4, node a; made by harness fleet
node=$SLURMD_NODENAME
case $SLURM_ARRAY_TASK_ID in
0) # nightly
    log='/srv/my inbox/.fleet-logs/lab/2026-11-28/zen4/a/nightly.log'
    set -- harness nightly --model tiny ;;
1) # run
    log='/srv/my inbox/.fleet-logs/lab/2026-11-28/zen4/a/run.log'
    set -- harness run 'it'"'"'s $HOME' ;;
*) echo "there is no job $SLURM_ARRAY_TASK_ID" >&2; exit 2 ;;
esac
# The folder may not exist yet. A job whose log cannot be written prints to where Slurm put its output.
if mkdir -p "${log%/*}" && : >>"$log"; then exec >>"$log" 2>&1; fi
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
echo "== $(date -u +%Y-%m-%dT%H:%M:%SZ) on $node, job $job of Slurm, restarts: ${SLURM_RESTART_COUNT:-0}"
exec "$@"
"""
    )


def test_only_slurm_knows_the_node_that_any_may_be() -> None:
    array = JobArray(
        node_class="zen4", node="", jobs=(_job("", "h", "--as-node", "{node}", "--cache", "/a b/{node}/c"),)
    )
    text = render_script(array, "/in/{node}")
    assert """set -- h --as-node "$node" --cache '/a b/'"$node"/c ;;""" in text
    assert """log=/in/"$node"/.fleet-logs/lab/2026-11-28/zen4/+any/nightly.log""" in text


def test_the_name_of_a_named_node_is_written_out() -> None:
    array = JobArray(node_class="zen4", node="a", jobs=(_job("a", "h", "x{node}"),))
    assert "set -- h xa ;;" in render_script(array, "/in/{node}")
    assert "log=/in/a/.fleet-logs/" in render_script(array, "/in/{node}")


def test_the_home_folder_is_that_of_the_node() -> None:
    jobs = (_job("a", "~/my bin/harness", "run", "--results", "~/in", "--cache", "~/", "a~/b"),)
    text = render_script(JobArray(node_class="zen4", node="a", jobs=jobs), "~/in")
    assert """set -- "$HOME"/'my bin/harness' run --results "$HOME"/in --cache "$HOME"/ 'a~/b' ;;""" in text
    assert 'log="$HOME"/in/.fleet-logs/lab/' in text
