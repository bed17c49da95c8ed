#include "sim/json/json_writer.h"
#include "sim/scenario/shape.h"

namespace arbees::sim {
namespace {

constexpr std::string_view span_pattern = "^([0-9]+(\\.[0-9]+)?(us|ms|s)|[0-9]+[mh])$";

void write_shape(JsonWriter& writer, const Shape& shape, std::string_view doc);

void write_types(JsonWriter& writer, std::initializer_list<std::string_view> types) {
  writer.key("type");
  writer.open_list();
  for (const std::string_view type : types) {
    writer.item();
    writer.text(type);
  }
  writer.close();
}

void write_options(JsonWriter& writer, const std::vector<ShapePtr>& options) {
  writer.key("oneOf");
  writer.open_list();
  for (const ShapePtr& option : options) {
    writer.item();
    write_shape(writer, *option, {});
  }
  writer.close();
}

void write_fields(JsonWriter& writer, const Shape& shape) {
  writer.member("type", "object");
  writer.key("additionalProperties");
  writer.raw("false");
  writer.key("required");
  writer.open_list();
  for (const Field& field : shape.fields) {
    if (field.need == Field::Need::required) {
      writer.item();
      writer.text(field.key);
    }
  }
  writer.close();
  writer.key("properties");
  writer.open_object();
  for (const Field& field : shape.fields) {
    writer.key(field.key);
    write_shape(writer, *field.shape, field.doc);
  }
  writer.close();
}

void write_words(JsonWriter& writer, const Shape& shape) {
  writer.key("enum");
  writer.open_list();
  for (const std::string& word : shape.words) {
    writer.item();
    writer.text(word);
  }
  writer.close();
}

void write_drawn(JsonWriter& writer) {
  writer.key("oneOf");
  writer.raw(
      "[{\"$ref\": \"#/$defs/span\"}, {\"$ref\": \"#/$defs/parameter\"}, "
      "{\"$ref\": \"#/$defs/between\"}]");
}

void write_body(JsonWriter& writer, const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::text:
      writer.member("type", "string");
      writer.member("minLength", 1);
      writer.member("maxLength", 300);
      return;
    case Shape::Kind::name:
      writer.member("type", "string");
      writer.member("pattern", "^[A-Za-z0-9][-A-Za-z0-9_.]{0,63}$");
      return;
    case Shape::Kind::word: return write_words(writer, shape);
    case Shape::Kind::count:
      writer.member("type", "integer");
      writer.member("minimum", shape.least);
      writer.member("maximum", shape.most);
      return;
    case Shape::Kind::number:
      writer.member("type", "number");
      writer.member("minimum", 0);
      return;
    case Shape::Kind::flag: return writer.member("type", "boolean");
    case Shape::Kind::scalar: return write_types(writer, {"string", "number", "boolean"});
    case Shape::Kind::span: return writer.member("$ref", "#/$defs/span");
    case Shape::Kind::drawn: return write_drawn(writer);
    case Shape::Kind::list:
      writer.member("type", "array");
      writer.member("minItems", shape.least);
      writer.member("maxItems", shape.most);
      writer.key("items");
      return write_shape(writer, *shape.item, {});
    case Shape::Kind::object: return write_fields(writer, shape);
    case Shape::Kind::map:
      writer.member("type", "object");
      writer.key("additionalProperties");
      return write_shape(writer, *shape.item, {});
    case Shape::Kind::choice:
    case Shape::Kind::tagged: return write_options(writer, shape.options);
  }
}

void write_shape(JsonWriter& writer, const Shape& shape, std::string_view doc) {
  writer.open_object();
  writer.member("description", doc.empty() ? std::string_view(shape.what) : doc);
  write_body(writer, shape);
  writer.close();
}

void write_definitions(JsonWriter& writer) {
  writer.key("$defs");
  writer.open_object();
  writer.key("span");
  writer.open_object();
  writer.member("type", "string");
  writer.member("pattern", span_pattern);
  writer.close();
  writer.key("parameter");
  writer.open_object();
  writer.member("type", "string");
  writer.member("pattern", "^\\$[A-Za-z0-9][-A-Za-z0-9_.]{0,63}$");
  writer.close();
  writer.key("between");
  writer.open_object();
  writer.member("type", "object");
  writer.key("additionalProperties");
  writer.raw("false");
  writer.key("required");
  writer.raw("[\"between\"]");
  writer.key("properties");
  writer.raw(
      "{\"between\": {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, "
      "\"items\": {\"$ref\": \"#/$defs/span\"}}}");
  writer.close();
  writer.close();
}

}  // namespace

std::string schema_json(const Shape& shape, std::string_view title) {
  JsonWriter writer;
  writer.open_object();
  writer.member("$schema", "https://json-schema.org/draft/2020-12/schema");
  writer.member("title", title);
  writer.member("description", shape.what);
  write_body(writer, shape);
  write_definitions(writer);
  writer.close();
  return writer.take();
}

}  // namespace arbees::sim
