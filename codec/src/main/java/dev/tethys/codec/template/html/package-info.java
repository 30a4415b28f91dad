/** Templates for HTML output: values are escaped for their context. */
@NullMarked
package dev.tethys.codec.template.html;

import org.jspecify.annotations.NullMarked;
