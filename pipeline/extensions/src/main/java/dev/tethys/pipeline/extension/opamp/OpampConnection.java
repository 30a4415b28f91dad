package dev.tethys.pipeline.extension.opamp;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;

/**
 * Connection to a server that is opened again, after a growing pause, whenever it breaks.
 *
 * @param name agent name used in log lines
 */
record OpampConnection(
    String name,
    URI endpoint,
    OpampLink link,
    Reports reports,
    ReconnectBackoff pace,
    System.Logger logger) {
  /** Returns once the reports are stopped. */
  void run() throws InterruptedException {
    int failures = 0;
    String reason = "";
    while (!reports.isStopping()) {
      long received = reports.messagesReceived();
      Duration wait;
      String why;
      try {
        link.runSession(reports);
        return;
      } catch (OpampLink.Busy e) {
        wait = e.after();
        why = String.valueOf(e.getMessage());
      } catch (IOException | RuntimeException e) {
        wait = Duration.ZERO;
        why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      }
      failures = reports.messagesReceived() > received ? 1 : failures + 1;
      Duration own = pace.pause(failures);
      wait = wait.compareTo(own) > 0 ? wait : own;
      if (!reports.isStopping()) {
        logger.log(
            why.equals(reason) ? Level.DEBUG : Level.WARNING,
            "{0}: the OpAMP server {1} is retried: {2}",
            name,
            endpoint,
            why);
        reason = failures == 1 ? "" : why;
        reports.begin(); // requests of the broken connection do not end the pause
        reports.pause(wait);
      }
    }
  }
}
