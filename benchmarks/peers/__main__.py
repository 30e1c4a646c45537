from benchmarks.peers.command import main

main()
