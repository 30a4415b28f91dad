/** Hash-chained log of changes, and detection of its gaps. */
@NullMarked
package dev.tethys.control.audit;

import org.jspecify.annotations.NullMarked;
