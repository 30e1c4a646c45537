from benchmarks.garments.command import main

main()
