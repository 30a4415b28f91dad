/** Rights with which data of stores is read and written. */
@NullMarked
package dev.tethys.model.access;

import org.jspecify.annotations.NullMarked;
