/** Hash-chained log of changes, and what it lacks. */
@NullMarked
package dev.tethys.control.audit;

import org.jspecify.annotations.NullMarked;
