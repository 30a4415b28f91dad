package dev.tethys.pipeline.extension.opamp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.web.NodeRecords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * Live taps requested by the control plane with custom messages of {@link ControlledAgent#TAP}.
 * Each runs in its own thread, and ends when the control plane reports that no client waits for it.
 */
final class LiveTaps {
  private static final int MAX_TAPS = 4;

  private final ControlledAgent.Process process;
  private final Reports reports;
  private final ControlClock clock;
  private final Semaphore free = new Semaphore(MAX_TAPS);

  @GuardedBy("itself")
  private final Map<String, Thread> running = new HashMap<>(); // by type

  LiveTaps(ControlledAgent.Process process, Reports reports, ControlClock clock) {
    this.process = process;
    this.reports = reports;
    this.clock = clock;
  }

  /** Starts the tap of a request, or ends that of its type. Does not block. */
  void take(CustomMessage request) {
    if (request.data().length > 0) {
      clock.execute("control-tap", () -> run(request));
    } else {
      end(request.type());
    }
  }

  private void end(String type) {
    synchronized (running) {
      Thread t = running.get(type);
      if (t != null) {
        t.interrupt();
      }
    }
  }

  /** Answers with the type of the request, or with an object that contains an error. */
  private void run(CustomMessage request) {
    String answer;
    if (!free.tryAcquire()) {
      answer = NodeRecords.error(MAX_TAPS + " live taps are running on this agent, the limit");
    } else {
      synchronized (running) {
        running.put(request.type(), Thread.currentThread());
      }
      try {
        String text = new String(request.data(), StandardCharsets.UTF_8);
        answer = process.tap(NodeRecords.Request.read(text));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException | ConfigException e) {
        answer = NodeRecords.error(String.valueOf(e.getMessage()));
      } finally {
        synchronized (running) {
          running.remove(request.type());
        }
        free.release();
      }
    }
    byte[] data = answer.getBytes(StandardCharsets.UTF_8);
    reports.sendOnce(new CustomMessage(AgentContract.TAP, request.type(), data));
  }
}
