from benchmarks.deltas.command import main

main()
