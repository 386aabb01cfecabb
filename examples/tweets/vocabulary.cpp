#include "vocabulary.hpp"

#include <fmt/format.h>

namespace tweets {
namespace {

/// The code point that begins at `at`, which moves behind it. The text is well-formed UTF-8: it stands in this file.
char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  char32_t point = lead & (0x3fU >> more);
  for (int i = 0; i < more; ++i) point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3fU);
  return point;
}

std::string escape_of(char32_t point) {
  if (point == U'"' || point == U'\\' || point == U'/') return {'\\', static_cast<char>(point)};
  if (point == U'\n') return "\\n";
  if (point == U'\t') return "\\t";
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x10000) return fmt::format("\\u{:04x}", static_cast<unsigned>(point));
  const auto above = static_cast<unsigned>(point) - 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff));
}

Word make_word(std::string_view text) {
  Word word;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const char32_t point = next_code_point(text, at);
    const std::string escape = escape_of(point);
    word.escaped += escape;
    word.plain += point < 0x80 ? escape : text.substr(from, at - from);
    ++word.length;
  }
  return word;
}

/// Words that stand in one literal with a space between them; `_` stands for a space inside one.
std::vector<Word> make_words(std::string_view literal) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < literal.size();) {
    std::size_t end = literal.find(' ', at);
    if (end == std::string_view::npos) end = literal.size();
    std::string text(literal.substr(at, end - at));
    for (char& character : text) {
      if (character == '_') character = ' ';
    }
    words.push_back(make_word(text));
    at = end + 1;
  }
  return words;
}

Language make_language(std::string_view code, std::string_view separator, std::string_view words,
                       std::string_view fragments) {
  return {std::string(code), separator, make_words(words), make_words(fragments)};
}

std::vector<Language> make_languages() {
  return {
      make_language("en", " ",
                    "morning coffee tomorrow people music never always something really love weather city train market "
                    "game winter summer school friends weekend finally tonight waiting beautiful history science book",
                    "\"quoted_words\" I'm don't &amp; 100% what? ok, yes! either/or c:\\temp (again) wait… &lt;3 it’s"),
      make_language(
          "ja", "",
          "今日 明日 ありがとう 電車 東京 天気 好き 写真 友達 学校 音楽 おはよう 楽しい 勉強 映画 誕生日 夏休み 仕事 "
          "ラーメン ゲーム すごい 本当 時間 新しい 世界 おめでとう",
          "「はい」 そうですね。 え？！ w、 ｗｗｗ (笑) …… 〜 ＿|￣|○ です\nまた、"),
      make_language("es", " ",
                    "mañana corazón siempre nunca ciudad música amigos fútbol niño tiempo vida gracias también país año "
                    "semana playa fiesta canción sueño feliz escuela noticia",
                    "¿qué? ¡vamos! «así» jajaja, sí. y/o"),
      make_language("pt", " ",
                    "amanhã coração sempre não cidade música amigos futebol saudade tempo vida obrigado também país hoje "
                    "semana praia festa canção sonho feliz escola notícia",
                    "né? kkkk! \"então\" é, sim. e/ou"),
      make_language("ar", " ",
                    "صباح الخير اليوم غدا مدينة موسيقى أصدقاء حياة شكرا وقت جميل بلاد كتاب سعيد مدرسة خبر قلب سلام",
                    "؟ ، «نعم» ههههه! لا،"),
      make_language(
          "ru", " ",
          "утро кофе завтра люди музыка никогда всегда любовь погода город поезд рынок игра зима лето школа друзья "
          "наконец вечер история",
          "«да» что? нет! и/или ну… —"),
      make_language(
          "ko", " ",
          "아침 커피 내일 사람 음악 항상 사랑 날씨 도시 기차 시장 게임 겨울 여름 학교 친구 주말 드디어 오늘밤 역사",
          "ㅋㅋㅋ 네? 아니! ㅠㅠ \"정말\""),
      make_language("tr", " ",
                    "günaydın kahve yarın insanlar müzik asla daima sevgi hava şehir tren çarşı oyun kış yaz okul arkadaş "
                    "sonunda gece tarih ığdır",
                    "öyle_mi? evet! \"tamam\" ve/veya hmm…"),
      make_language("th", "", "สวัสดี กาแฟ พรุ่งนี้ ผู้คน ดนตรี เสมอ ความรัก อากาศ เมือง รถไฟ ตลาด เกม โรงเรียน เพื่อน",
                    "555 จริงเหรอ? ใช่! ๆ"),
      make_language("hi", " ", "सुबह चाय कल लोग संगीत हमेशा प्यार मौसम शहर रेल बाज़ार खेल सर्दी गर्मी स्कूल दोस्त",
                    "क्या? हाँ! नहीं, \"अच्छा\" ।"),
  };
}

std::vector<Place> make_places() {
  const auto place = [](std::string_view id, std::string_view code, std::string_view country, std::string_view name,
                        std::int32_t latitude, std::int32_t longitude) {
    return Place{id, code, make_word(country), make_word(name), latitude, longitude};
  };
  return {
      place("01a9a39529b27f36", "US", "United States", "Manhattan, NY", 40712800, -74006000),
      place("fbd6d2f5a4e4a15e", "US", "United States", "Claremont, CA", 34096700, -117719800),
      place("06ef846bfc783874", "JP", "日本", "東京 千代田区", 35694000, 139753600),
      place("a56612250c754f23", "JP", "日本", "大阪市, 大阪府", 34693700, 135502300),
      place("457b4814b4240d87", "GB", "United Kingdom", "London, England", 51507400, -127800),
      place("68e019afec7d0ba5", "BR", "Brasil", "São Paulo, Brasil", -23550500, -46633300),
      place("25530ba03b7d90c6", "MX", "México", "Cuauhtémoc, Distrito Federal", 19432600, -99133200),
      place("682c5a667856ef42", "TR", "Türkiye", "İstanbul, Türkiye", 41008200, 28978400),
      place("3078869807f9dd36", "DE", "Deutschland", "Köln, Nordrhein-Westfalen", 50937500, 6960300),
      place("09f6a7707f18e0b1", "FR", "France", "Orléans, Loiret", 47902900, 1903900),
      place("5d7d7ef0acf8b15a", "RU", "Россия", "Санкт-Петербург, Россия", 59934300, 30335100),
      place("c659f8e8f9c8fa3d", "KR", "대한민국", "서울특별시 종로구", 37573000, 126979400),
      place("77c6fc7c1f4a2d8e", "EG", "مصر", "القاهرة, مصر", 30044400, 31235700),
      place("1d9a5370a355ab0c", "TH", "ประเทศไทย", "กรุงเทพมหานคร", 13756300, 100501800),
  };
}

Vocabulary make_vocabulary() {
  Vocabulary made;
  made.languages = make_languages();
  made.emoji = make_words(
      "😀 😂 😍 😭 😊 🙏 👍 🎉 "
      "🔥 ✨ ❤️ 💖 ⚽ 🌸 🍜 ☕ "
      "👨‍👩‍👧‍👦 👩🏽‍💻 🇯🇵 🇧🇷 🇫🇷 ♻️ ☀️ 🐈");
  made.places = make_places();
  made.adjectives = {"quiet", "Red",      "old",   "swift", "Lucky",   "tiny",   "cosmic", "Salty",  "brave", "lazy",
                     "Blue",  "electric", "happy", "Wild",  "ancient", "golden", "rusty",  "sleepy", "Paper", "northern"};
  made.nouns = {"otter",  "Piano",  "river",  "fox",     "Teapot",  "comet", "garden", "Wizard",  "badger", "lamp",
                "Engine", "willow", "rocket", "Sparrow", "harbour", "pixel", "tiger",  "Lantern", "maple",  "cloud"};
  made.symbols = {"AAA", "BCD", "CASH", "DELV", "EFX", "GRAIN", "HOP", "IRON", "JUN", "KITE", "LUX", "MOSS"};
  made.sites = {"news.example", "video.example", "www.daily.example", "photos.example", "blog.example",
                "shop.example", "sport.example", "music.example",     "wiki.example",   "jobs.example"};
  made.sources = {
      R"(\u003ca href=\"http:\/\/twitter.com\/download\/iphone\" rel=\"nofollow\"\u003eTwitter for iPhone\u003c\/a\u003e)",
      R"(\u003ca href=\"http:\/\/twitter.com\/download\/android\" rel=\"nofollow\"\u003eTwitter for Android\u003c\/a\u003e)",
      R"(\u003ca href=\"http:\/\/twitter.com\" rel=\"nofollow\"\u003eTwitter Web Client\u003c\/a\u003e)",
      R"(\u003ca href=\"https:\/\/robots.example\/?a=1&amp;b=2\" rel=\"nofollow\"\u003eUn robot \u00e9l\u00e9gant\u003c\/a\u003e)",
      R"(\u003ca href=\"http:\/\/client.example\" rel=\"nofollow\"\u003e\u3064\u3044\u3063\u305f\u30fc\u003c\/a\u003e)"};
  made.time_zones = {"Tokyo", "London", "Pacific Time (US & Canada)", "Brasilia", "Irkutsk", "Athens", "Bangkok"};
  return made;
}

}  // namespace

const Vocabulary& vocabulary() {
  static const Vocabulary made = make_vocabulary();
  return made;
}

}  // namespace tweets
