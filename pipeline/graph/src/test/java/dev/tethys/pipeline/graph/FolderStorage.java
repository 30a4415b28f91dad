package dev.tethys.pipeline.graph;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Extension {@code file_storage} for tests: folders of queues below one. */
final class FolderStorage implements ExtensionFactory<Path> {
  private static final Section SECTION = new Section("file_storage", "Folders.");
  private static final Key<String> DIRECTORY =
      SECTION.key("directory", Type.PATH, ".", "Parent of the folders.");

  @Override
  public String type() {
    return "file_storage";
  }

  @Override
  public String about() {
    return "Folders of queues.";
  }

  @Override
  public Type<Path> settings() {
    return SECTION.type(o -> Path.of(o.get(DIRECTORY)));
  }

  @Override
  public Extension create(Path directory, Context context) {
    return new Running(directory);
  }

  private record Running(Path directory) implements Extension, Storage {
    @Override
    public void start() throws IOException {
      Files.createDirectories(directory);
    }

    @Override
    public Path folder(String kind, ComponentId component, String part) {
      return directory.resolve(
          (kind + "_" + component + "_" + part).replaceAll("[^A-Za-z0-9._-]", "_"));
    }

    @Override
    public boolean durable() {
      return false;
    }
  }
}
