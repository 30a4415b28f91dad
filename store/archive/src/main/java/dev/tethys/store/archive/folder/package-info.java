/** Folders with the data of a store, of Tethys or of Prometheus. */
@NullMarked
package dev.tethys.store.archive.folder;

import org.jspecify.annotations.NullMarked;
