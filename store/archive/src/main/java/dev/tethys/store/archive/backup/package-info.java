/** Backups of a store in a folder: incremental, verified, restored whole or not at all. */
@NullMarked
package dev.tethys.store.archive.backup;

import org.jspecify.annotations.NullMarked;
