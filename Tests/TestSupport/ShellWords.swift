/// Lines of a shell script that wait until the program started last, in the background, can be asked to stop: until it handles
/// SIGTERM. However busy the machine is, a request that comes before would end it as it ends any program.
package let untilStoppable =
    "while kill -0 $! 2>/dev/null && ! grep -q '^SigCgt:.*[4-7c-f]...$' /proc/$!/status; do sleep 0.01; done"
