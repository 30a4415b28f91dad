/** What text formats are written with. */
@NullMarked
package dev.tethys.codec.text;

import org.jspecify.annotations.NullMarked;
