package dev.tethys.collect.observe.process;

/** Receives process start and exit events; threads are omitted. */
public interface ProcessHandler {
  /** A process has a child. */
  void forked(int parent, int child);

  /** A process runs another program. */
  void executed(int process);

  /**
   * A process ended.
   *
   * @param signal signal that terminated the process; 0 if none
   */
  void ended(int process, int signal);
}
