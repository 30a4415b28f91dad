/** What moves data in and out of the embedded store: imports, exports, backups. */
@NullMarked
package dev.tethys.store.archive;

import org.jspecify.annotations.NullMarked;
