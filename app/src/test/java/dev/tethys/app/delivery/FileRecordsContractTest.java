package dev.tethys.app.delivery;

import dev.tethys.pipeline.Signal;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JacksonException;

/** Files on a disk: log records as lines of OTLP's JSON, spans as protobuf behind its length. */
@Tag("slow")
class FileRecordsContractTest extends RecordsContract {
  @TempDir Path folder;

  @Override
  RecordPeer start(Signal signal) {
    return in(folder, signal);
  }

  /** A file in a folder, which keeps what it holds. */
  static RecordPeer in(Path folder, Signal signal) {
    Path file = folder.resolve("records");
    return new RecordPeer() {
      @Override
      public int port() {
        return 0;
      }

      @Override
      public String exporter() {
        return "file";
      }

      @Override
      public String exporterKeys(int at) {
        return "path: '"
            + file
            + "', format: "
            + (signal == Signal.LOGS ? "json" : "proto")
            + ", append: true";
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return WholeRecords.text(item);
      }

      @Override
      public @Nullable FaultProxy proxy() {
        return null;
      }

      @Override
      public void read(FoundRecords into) throws IOException {
        if (signal == Signal.LOGS) {
          for (String line : Files.readString(file).split("\n")) {
            try {
              WholeRecords.readJson(signal, line.getBytes(StandardCharsets.UTF_8), into);
            } catch (JacksonException e) {
              // half of one, which a kill left and which was never acknowledged
            }
          }
          return;
        }
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
          while (in.available() > 0) {
            WholeRecords.read(signal, in.readNBytes(in.readInt()), into);
          }
        }
      }

      @Override
      public void close() {
        // nothing runs
      }
    };
  }
}
