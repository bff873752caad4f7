/// The metaschemas of draft 2020-12: the schemas of schemas, without their remarks.
///
/// - Source: json-schema.org, core and validation specifications of 2020-12.
enum Metaschema {
    static let dialect = "https://json-schema.org/draft/2020-12/schema"

    /// The metaschema with an address.
    static func document(at address: String) -> SchemaValue? {
        let prefix = "https://json-schema.org/draft/2020-12/"
        guard address.hasPrefix(prefix), let text = texts[String(address.dropFirst(prefix.count))]
        else { return nil }
        do {
            return try SchemaValue.parse(Array(text.utf8))
        } catch {
            preconditionFailure("the metaschema \(address) is not JSON: \(error)")
        }
    }

    private static let texts: [String: String] = [
        "schema": all, "meta/core": core, "meta/applicator": applicator,
        "meta/unevaluated": unevaluated, "meta/validation": validation,
        "meta/meta-data": metaData, "meta/content": content,
        "meta/format-annotation": format("format-annotation"),
        "meta/format-assertion": format("format-assertion"),
    ]

    private static func head(_ name: String) -> String {
        """
        "$schema": "\(dialect)", "$id": "https://json-schema.org/draft/2020-12/\(name)",
        "$dynamicAnchor": "meta", "type": ["object", "boolean"]
        """
    }

    private static let all = ##"""
        {\##(head("schema")),
        "$vocabulary": {
            "https://json-schema.org/draft/2020-12/vocab/core": true,
            "https://json-schema.org/draft/2020-12/vocab/applicator": true,
            "https://json-schema.org/draft/2020-12/vocab/unevaluated": true,
            "https://json-schema.org/draft/2020-12/vocab/validation": true,
            "https://json-schema.org/draft/2020-12/vocab/meta-data": true,
            "https://json-schema.org/draft/2020-12/vocab/format-annotation": true,
            "https://json-schema.org/draft/2020-12/vocab/content": true
        },
        "allOf": [
            {"$ref": "meta/core"}, {"$ref": "meta/applicator"}, {"$ref": "meta/unevaluated"},
            {"$ref": "meta/validation"}, {"$ref": "meta/meta-data"},
            {"$ref": "meta/format-annotation"}, {"$ref": "meta/content"}
        ],
        "properties": {
            "definitions": {"additionalProperties": {"$dynamicRef": "#meta"}},
            "dependencies": {
                "additionalProperties": {
                    "anyOf": [
                        {"$dynamicRef": "#meta"}, {"$ref": "meta/validation#/$defs/stringArray"}
                    ]
                }
            },
            "$recursiveAnchor": {"$ref": "meta/core#/$defs/anchorString"},
            "$recursiveRef": {"$ref": "meta/core#/$defs/uriReferenceString"}
        }}
        """##

    private static let core = ##"""
        {\##(head("meta/core")),
        "properties": {
            "$id": {"$ref": "#/$defs/uriReferenceString", "pattern": "^[^#]*#?$"},
            "$schema": {"$ref": "#/$defs/uriString"},
            "$ref": {"$ref": "#/$defs/uriReferenceString"},
            "$anchor": {"$ref": "#/$defs/anchorString"},
            "$dynamicRef": {"$ref": "#/$defs/uriReferenceString"},
            "$dynamicAnchor": {"$ref": "#/$defs/anchorString"},
            "$vocabulary": {
                "type": "object", "propertyNames": {"$ref": "#/$defs/uriString"},
                "additionalProperties": {"type": "boolean"}
            },
            "$comment": {"type": "string"},
            "$defs": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}
        },
        "$defs": {
            "anchorString": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
            "uriString": {"type": "string", "format": "uri"},
            "uriReferenceString": {"type": "string", "format": "uri-reference"}
        }}
        """##

    private static let applicator = ##"""
        {\##(head("meta/applicator")),
        "properties": {
            "prefixItems": {"$ref": "#/$defs/schemaArray"},
            "items": {"$dynamicRef": "#meta"},
            "contains": {"$dynamicRef": "#meta"},
            "additionalProperties": {"$dynamicRef": "#meta"},
            "properties": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}},
            "patternProperties": {
                "type": "object", "additionalProperties": {"$dynamicRef": "#meta"},
                "propertyNames": {"format": "regex"}
            },
            "dependentSchemas": {
                "type": "object", "additionalProperties": {"$dynamicRef": "#meta"}
            },
            "propertyNames": {"$dynamicRef": "#meta"},
            "if": {"$dynamicRef": "#meta"},
            "then": {"$dynamicRef": "#meta"},
            "else": {"$dynamicRef": "#meta"},
            "allOf": {"$ref": "#/$defs/schemaArray"},
            "anyOf": {"$ref": "#/$defs/schemaArray"},
            "oneOf": {"$ref": "#/$defs/schemaArray"},
            "not": {"$dynamicRef": "#meta"}
        },
        "$defs": {
            "schemaArray": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}}
        }}
        """##

    private static let unevaluated = ##"""
        {\##(head("meta/unevaluated")),
        "properties": {
            "unevaluatedItems": {"$dynamicRef": "#meta"},
            "unevaluatedProperties": {"$dynamicRef": "#meta"}
        }}
        """##

    private static let validation = ##"""
        {\##(head("meta/validation")),
        "properties": {
            "type": {
                "anyOf": [
                    {"$ref": "#/$defs/simpleTypes"},
                    {
                        "type": "array", "items": {"$ref": "#/$defs/simpleTypes"},
                        "minItems": 1, "uniqueItems": true
                    }
                ]
            },
            "const": true,
            "enum": {"type": "array", "items": true},
            "multipleOf": {"type": "number", "exclusiveMinimum": 0},
            "maximum": {"type": "number"},
            "exclusiveMaximum": {"type": "number"},
            "minimum": {"type": "number"},
            "exclusiveMinimum": {"type": "number"},
            "maxLength": {"$ref": "#/$defs/nonNegativeInteger"},
            "minLength": {"$ref": "#/$defs/nonNegativeInteger"},
            "pattern": {"type": "string", "format": "regex"},
            "maxItems": {"$ref": "#/$defs/nonNegativeInteger"},
            "minItems": {"$ref": "#/$defs/nonNegativeInteger"},
            "uniqueItems": {"type": "boolean"},
            "maxContains": {"$ref": "#/$defs/nonNegativeInteger"},
            "minContains": {"$ref": "#/$defs/nonNegativeInteger"},
            "maxProperties": {"$ref": "#/$defs/nonNegativeInteger"},
            "minProperties": {"$ref": "#/$defs/nonNegativeInteger"},
            "required": {"$ref": "#/$defs/stringArray"},
            "dependentRequired": {
                "type": "object", "additionalProperties": {"$ref": "#/$defs/stringArray"}
            }
        },
        "$defs": {
            "nonNegativeInteger": {"type": "integer", "minimum": 0},
            "simpleTypes": {
                "enum": ["array", "boolean", "integer", "null", "number", "object", "string"]
            },
            "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": true}
        }}
        """##

    private static let metaData = ##"""
        {\##(head("meta/meta-data")),
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "string"},
            "default": true,
            "deprecated": {"type": "boolean"},
            "readOnly": {"type": "boolean"},
            "writeOnly": {"type": "boolean"},
            "examples": {"type": "array", "items": true}
        }}
        """##

    private static func format(_ name: String) -> String {
        "{\(head("meta/\(name)")), \"properties\": {\"format\": {\"type\": \"string\"}}}"
    }

    private static let content = ##"""
        {\##(head("meta/content")),
        "properties": {
            "contentEncoding": {"type": "string"},
            "contentMediaType": {"type": "string"},
            "contentSchema": {"$dynamicRef": "#meta"}
        }}
        """##
}
