package dev.tethys.app.alertmanager;

import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.model.exposition.Registry;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.web.client.HttpClientFactory;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.InstantSource;

/** Creates the record of an Alertmanager's events, with this host as their source. */
final class EventRecording {
  private EventRecording() {}

  static EventRecorder of(HttpClientFactory clients, Registry registry, InstantSource clock) {
    BuildInfo b = BuildInfo.current();
    return EventRecorder.of(
        new EventRecorder.Origin(
            host(), b.version(), "(tethys, revision=" + b.revision() + ", java=" + b.java() + ")"),
        clients,
        registry,
        new FileOutputStream(FileDescriptor.out), // each event in one write
        new KafkaEvents(),
        clock);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
