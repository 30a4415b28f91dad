/** Tests of the API. */
@NullMarked
package dev.tethys.control.api;

import org.jspecify.annotations.NullMarked;
