package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.OutputConfig;
import dev.tethys.alert.manager.recorder.OutputContext;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.nio.file.Path;

/** File output that appends one line of JSON per event. */
record FileConfig(String path) implements OutputConfig {
  static final Section SECTION =
      new Section("file_output", "Events appended to a file as JSON lines.");
  private static final Key<String> PATH =
      SECTION.key(
          "path",
          Type.STRING,
          "",
          "Path of the file; created if missing, and again after it was moved or removed.");
  static final Type<FileConfig> TYPE = SECTION.type(FileConfig::read);

  private static FileConfig read(YamlObject o) {
    if (o.get(PATH).isEmpty()) {
      throw o.error(PATH, "event_recorder file output requires a path");
    }
    return new FileConfig(o.get(PATH));
  }

  @Override
  public String name() {
    return "file:" + path;
  }

  @Override
  public EventOutput open(OutputContext context) throws IOException {
    return new FileOutput(Path.of(path));
  }
}
