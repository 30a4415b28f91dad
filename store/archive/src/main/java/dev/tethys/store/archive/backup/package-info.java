/** Store backups in a folder: incremental, verified, and restored atomically. */
@NullMarked
package dev.tethys.store.archive.backup;

import org.jspecify.annotations.NullMarked;
