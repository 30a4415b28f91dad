package dev.tethys.collect.exporter;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Parts of a server that an exporter embedded in it may use.
 *
 * @param folder of the server's data; the exporter has folders of its own name in it
 * @param observed databases of the service map
 * @param logs receives log records, null if the server has no store of logs
 */
public record ServerAccess(
    Path folder, Supplier<List<ObservedDatabase>> observed, @Nullable LogDestination logs) {}
