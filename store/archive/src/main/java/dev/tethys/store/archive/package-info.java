/** Imports, exports and backups of the embedded store. */
@NullMarked
package dev.tethys.store.archive;

import org.jspecify.annotations.NullMarked;
