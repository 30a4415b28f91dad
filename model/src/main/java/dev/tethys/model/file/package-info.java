/** Access to files for stores and queues, replaceable in tests; record logs for small states. */
@NullMarked
package dev.tethys.model.file;

import org.jspecify.annotations.NullMarked;
